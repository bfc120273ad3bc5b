import { connect } from 'node:http2';

/**
 * Whether a Temporal server answers for a namespace: one DescribeNamespace over plain HTTP/2. Spoken by hand because
 * the process that asks is a small guardian, which need not load a gRPC library for one call.
 * @param address host:port, without TLS
 */
export function namespaceAnswers(address: string, namespace: string, timeoutMs = 1000): Promise<boolean> {
  return new Promise((resolve) => {
    const session = connect(`http://${address}`);
    const done = (answer: boolean) => {
      clearTimeout(timer);
      session.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => done(false), timeoutMs);
    session.once('error', () => done(false));
    const call = session.request({
      ':method': 'POST',
      ':path': '/temporal.api.workflowservice.v1.WorkflowService/DescribeNamespace',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    call.once('error', () => done(false));
    call.once('response', (headers) => headers['grpc-status'] !== undefined && done(headers['grpc-status'] === '0'));
    call.once('trailers', (trailers) => done(trailers['grpc-status'] === '0'));
    call.resume();
    call.end(describeRequest(namespace));
  });
}

/** A gRPC frame around `DescribeNamespaceRequest { namespace = 1 }`. */
function describeRequest(namespace: string): Buffer {
  const name = Buffer.from(namespace);
  const message = Buffer.concat([Buffer.from([0x0a, name.length]), name]);
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.length, 1);
  return Buffer.concat([frame, message]);
}
