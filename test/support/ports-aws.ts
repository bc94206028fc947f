// Which AWS endpoints the environment names, and what the emulator behind them is known to lack.

type Service = 'DYNAMODB' | 'KMS' | 'S3' | 'FIREHOSE';

/** @returns why a service's suite is skipped, or undefined when its endpoint is named */
export const missingEndpoint = (...services: Service[]): string | undefined => {
  const unset = services.map((service) => `AWS_ENDPOINT_URL_${service}`).filter((name) => !process.env[name]);
  return unset.length > 0 ? `${unset.join(' and ')} is not set` : undefined;
};

/** Whether `scripts/with-moto.sh` started the endpoints. */
export const isMoto = process.env.AWS_ENDPOINT_IS_MOTO === '1';

/** A name that no other run uses. */
export const uniqueName = (kind: string): string => `${kind}-${process.pid}-${Date.now()}`;
