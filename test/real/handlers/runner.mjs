// A runner of the new kind, and one that streams its answer.
export async function lean(event, context) {
  if (context.getRemainingTimeInMillis() <= 0) throw new Error('no time is left');
  const { state_data: bag, segment_config: program } = event;
  return {
    state_data: { ...bag, segment_to_run: bag.segment_to_run + 1 },
    ran: JSON.stringify(program),
    next_action: 'CONTINUE',
  };
}

export const stream = globalThis.awslambda?.streamifyResponse?.(async (event, responseStream) => {
  responseStream.write('{"streamed":');
  await new Promise((resolve) => setTimeout(resolve, 50));
  responseStream.write('1.0}');
  responseStream.end();
});
