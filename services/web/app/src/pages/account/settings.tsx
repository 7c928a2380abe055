/** One's own account: the address, the password, the second factor, where one is signed in, language and appearance. */
import { t } from "@lingui/core/macro";
import { Navigate } from "react-router";
import { signInPath, useSession } from "../../auth/use-session";
import { PageSkeleton } from "../../ui/skeleton";
import { useTitle } from "../../ui/use-title";
import { AddressSection } from "./address-section";
import { AppearanceSection } from "./appearance-section";
import { CloseSection } from "./close-section";
import { ExportSection } from "./export-section";
import { LanguageSection } from "./language-section";
import { PasswordSection } from "./password-section";
import { SecondFactorSection } from "./second-factor-section";
import { SessionsSection } from "./sessions-section";

export function AccountSettings() {
  useTitle(t`Account`);
  const state = useSession();
  if (state.status === "out") return <Navigate to={signInPath("/settings/account")} replace />;
  if (state.status === "unknown") return <PageSkeleton />;
  return (
    <div className="mx-auto flex w-full max-w-3xl flex-col gap-4 px-4 py-6">
      <h1 className="text-xl font-semibold tracking-tight">{t`Account`}</h1>
      <AddressSection user={state.user} />
      <PasswordSection />
      <SecondFactorSection />
      <SessionsSection />
      <LanguageSection user={state.user} />
      <AppearanceSection />
      <ExportSection user={state.user} />
      <CloseSection user={state.user} />
    </div>
  );
}
