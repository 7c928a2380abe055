/**
 * Pictures of every page, at two widths and in both themes (`npm run shots`), into the folder `STREAMLY_E2E_SHOTS`, of the platform that runs at
 * `STREAMLY_E2E_URL` with its data in `STREAMLY_E2E_DATA`. It is no test: somebody has to look at them.
 */
import { randomBytes } from "node:crypto";
import { PAGES, show } from "./every-page.mjs";
import { BASE, launch } from "./harness.mjs";
import { SHOTS, shoot } from "./looks.mjs";
import { seed } from "./seed.mjs";
import { DATA } from "./staff.mjs";

if (!BASE || !DATA || !SHOTS) {
  console.error("set STREAMLY_E2E_URL, STREAMLY_E2E_DATA and STREAMLY_E2E_SHOTS");
  process.exit(64);
}

/** As people call themselves, and free on a platform that has had pictures taken before. */
const named = (start) => `${start}_${randomBytes(1).toString("hex")}`;

const stage = { browser: await launch(["--autoplay-policy=no-user-gesture-required"]), publisher: null };
let cast;
try {
  cast = await seed(stage, named);
  for (const page of PAGES) {
    const who = await show(page, cast);
    await shoot(who, page.what);
    await who.page.goto("about:blank");
    await page.leave?.(cast);
    console.log(page.what);
  }
} finally {
  await cast?.network.cut();
  await stage.publisher?.stop("SIGKILL");
  await stage.browser.close();
}
