export { handler } from 'statebag-shim/lambda/s3-batch';
