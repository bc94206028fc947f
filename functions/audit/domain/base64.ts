// Strict base64 (RFC 4648 section 4): exactly one text for the same bytes, so that no bit of a proof can change unseen.

/** @returns the bytes, or undefined for any text that encoding them again would not give back */
export const decodeBase64 = (text: string): Buffer | undefined => {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
};

export const encodeBase64 = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
