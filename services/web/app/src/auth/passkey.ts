/**
 * Passkeys by the browser's `navigator.credentials`: options as the server sends them (the JSON of WebAuthn level 3, bytes in base64url) go
 * in, answers as the same JSON come out. Written out here, since browsers that have passkeys but not yet their JSON are still around.
 */
import { Problem } from "../api/problem";

type Json = Record<string, unknown>;

/** Whether this browser, on this page, can use passkeys at all. */
export function passkeysWork(): boolean {
  return typeof PublicKeyCredential !== "undefined" && isSecureContext;
}

export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (c) => c.charCodeAt(0));
}

export function textOf(bytes: ArrayBuffer): string {
  const plain = String.fromCharCode(...new Uint8Array(bytes));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** Makes a passkey; the answer is for the server. Throws `Problem`. */
export async function makePasskey(options: unknown): Promise<unknown> {
  const { challenge, user, excludeCredentials, ...rest } = options as Json;
  const credential = await ask(() =>
    navigator.credentials.create({
      publicKey: {
        ...(rest as unknown as PublicKeyCredentialCreationOptions),
        challenge: bytesOf(challenge as string),
        user: { ...(user as PublicKeyCredentialUserEntity), id: bytesOf((user as { id: string }).id) },
        excludeCredentials: descriptors(excludeCredentials),
      },
    }),
  );
  const response = credential.response as AuthenticatorAttestationResponse;
  return json(credential, {
    attestationObject: textOf(response.attestationObject),
    transports: response.getTransports?.() ?? [],
  });
}

/** Has a passkey sign a challenge; the answer is for the server. Throws `Problem`. */
export async function askPasskey(options: unknown): Promise<unknown> {
  const { challenge, allowCredentials, ...rest } = options as Json;
  const credential = await ask(() =>
    navigator.credentials.get({
      publicKey: {
        ...(rest as unknown as PublicKeyCredentialRequestOptions),
        challenge: bytesOf(challenge as string),
        allowCredentials: descriptors(allowCredentials),
      },
    }),
  );
  const response = credential.response as AuthenticatorAssertionResponse;
  return json(credential, {
    authenticatorData: textOf(response.authenticatorData),
    signature: textOf(response.signature),
    userHandle: response.userHandle ? textOf(response.userHandle) : null,
  });
}

function descriptors(list: unknown): PublicKeyCredentialDescriptor[] {
  const all = (list ?? []) as (Omit<PublicKeyCredentialDescriptor, "id"> & { id: string })[];
  return all.map((one) => ({ ...one, id: bytesOf(one.id) }));
}

function json(credential: PublicKeyCredential, parts: Json): Json {
  const clientDataJSON = textOf(credential.response.clientDataJSON);
  const { id, rawId, type } = credential;
  return { id, rawId: textOf(rawId), type, response: { clientDataJSON, ...parts } };
}

async function ask(run: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  try {
    const credential = await run();
    if (credential) return credential as PublicKeyCredential;
  } catch (error) {
    if (error instanceof DOMException && error.name === "InvalidStateError") {
      throw new Problem(0, "passkey_there", error.message);
    }
    if (error instanceof DOMException && error.name === "SecurityError") {
      throw new Problem(0, "passkey_elsewhere", "Passkeys work at this site's own address only");
    }
  }
  throw new Problem(0, "passkey_cancelled", "no passkey was chosen");
}
