export { handler } from 'statebag-shim/lambda/map-item';
