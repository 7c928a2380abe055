/** A viewer's link to the platform, made far, unsteady, narrow or lossy by the testkit's proxy. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { BASE } from "./harness.mjs";

const root = resolve(import.meta.dirname, "../../../..");
/** Built by `cargo build --workspace --all-targets`. */
const program = resolve(root, process.env.CARGO_TARGET_DIR ?? "target", "debug/streamly-link");
export const unbuilt = existsSync(program) ? false : `${program} is not built`;

/** `url`: the platform's, by this link. `is("delay=20 jitter=7.5 rate=1500 loss=0.01")`: milliseconds, kbit/s, a share; from then on. */
export async function openLink() {
  const { hostname, port } = new URL(BASE);
  const to = `${hostname === "localhost" ? "127.0.0.1" : hostname}:${port}`;
  const child = spawn(program, [to], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error("the link has ended");
    return value;
  };
  const address = await line();
  return {
    url: `http://${address}`,
    async is(conditions) {
      child.stdin.write(`${conditions}\n`);
      const answer = await line();
      if (answer !== "ok") throw new Error(answer);
    },
    close: () => child.stdin.end(),
  };
}
