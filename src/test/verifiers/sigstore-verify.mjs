// Asks sigstore-js whether a bundle is signed by a key. No transparency log, no timestamp: a plain key needs neither.
// usage: node sigstore-verify.mjs key.pem < one JSON array of base64 bundles; answers one line each, "ok" or "refused: why"
import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { bundleFromJSON } from '@sigstore/bundle';
import { Verifier, toSignedEntity } from '@sigstore/verify';

const publicKey = createPublicKey(readFileSync(process.argv[2]));
const material = {
  certificateAuthorities: [],
  timestampAuthorities: [],
  tlogs: [],
  ctlogs: [],
  publicKey: () => ({ publicKey, validFor: () => true }),
};
for (const encoded of JSON.parse(readFileSync(0, 'utf8'))) {
  try {
    const bundle = bundleFromJSON(JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')));
    new Verifier(material, { tlogThreshold: 0, ctlogThreshold: 0, tsaThreshold: 0, timestampThreshold: 0 }).verify(
      toSignedEntity(bundle),
    );
    console.log('ok');
  } catch (error) {
    console.log(`refused: ${String(error.message).split('\n')[0]}`);
  }
}
