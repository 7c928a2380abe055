/** A narrow page with one form or one sentence on it. */
import { t } from "@lingui/core/macro";
import type { ReactNode } from "react";
import { Link } from "react-router";

export function Sheet({ title, foot, children }: { title: string; foot?: ReactNode; children: ReactNode }) {
  return (
    <div className="mx-auto w-full max-w-sm px-4 py-10 sm:py-20">
      <h1 className="pb-6 text-xl font-semibold tracking-tight">{title}</h1>
      {children}
      {foot && <p className="pt-6 text-sm text-quiet">{foot}</p>}
    </div>
  );
}

/** A link inside of a sentence. */
export const TEXT_LINK = "font-medium text-action hover:underline";

/** From where one waits for a link, or needs none after all. */
export function BackToSignIn() {
  return (
    <Link className={TEXT_LINK} to="/login" data-testid="back-to-sign-in">
      {t`Back to sign in`}
    </Link>
  );
}
