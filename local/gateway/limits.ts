// What the gateway takes and how long it waits, after API Gateway's own quotas.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html

export interface GatewayLimits {
  readonly bodyBytes: number;
  /** Request line and headers together. */
  readonly headerBytes: number;
  /** Until the headers are there. */
  readonly headersMs: number;
  /** Until the whole request is there. */
  readonly requestMs: number;
  /** Until the handler has answered. */
  readonly integrationMs: number;
  /** Until the next request on an open connection. */
  readonly keepAliveMs: number;
  /** How long a body that was refused is still read and thrown away, so that the client gets to see the answer. */
  readonly lingerMs: number;
  /** How long requests under way may take once the gateway is being closed. */
  readonly drainMs: number;
  readonly connections: number;
}

export const gatewayLimits: GatewayLimits = {
  bodyBytes: 10 * 1024 * 1024,
  headerBytes: 10_240,
  headersMs: 10_000,
  requestMs: 30_000,
  integrationMs: 29_000,
  keepAliveMs: 5_000,
  lingerMs: 1_000,
  drainMs: 5_000,
  connections: 1_024,
};
