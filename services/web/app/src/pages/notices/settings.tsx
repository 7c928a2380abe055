/** Where one is told when a channel goes live, in which browsers, and about which channels. */
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useId } from "react";
import { Link, Navigate } from "react-router";
import type { User } from "../../api/contract";
import { changeNotices, noticeSettings, type NoticeSettings as Settings } from "../../api/notices";
import { sentence } from "../../api/problem";
import { signInPath, useSession } from "../../auth/use-session";
import { FormError } from "../../ui/field";
import { PageSkeleton } from "../../ui/skeleton";
import { Switch } from "../../ui/switch";
import { useTitle } from "../../ui/use-title";
import { useSendsMail } from "../account/mail-way";
import { NotYet, ROW, Section } from "../moderation/section";
import { BellsSection } from "./bells-section";
import { BrowsersSection } from "./browsers-section";

const KEY = ["own", "notice-settings"];

export function NoticeSettings() {
  useTitle(t`Notices`);
  const state = useSession();
  if (state.status === "out") return <Navigate to={signInPath("/settings/notices")} replace />;
  if (state.status === "unknown") return <PageSkeleton />;
  return (
    <div className="mx-auto flex w-full max-w-3xl flex-col gap-4 px-4 py-6">
      <h1 className="text-xl font-semibold tracking-tight">{t`Notices`}</h1>
      <WaysSection user={state.user} />
      <BrowsersSection />
      <BellsSection />
    </div>
  );
}

function WaysSection({ user }: { user: User }) {
  const client = useQueryClient();
  const query = useQuery({
    queryKey: [...KEY, user.id],
    queryFn: ({ signal }) => noticeSettings(signal),
    staleTime: 0,
  });
  const change = useMutation({
    mutationFn: changeNotices,
    onSuccess: (now) => client.setQueryData<Settings>([...KEY, user.id], now),
  });
  const sends = useSendsMail();
  const now = query.data;
  const { error } = change;
  return (
    <Section
      title={t`When a channel that you follow goes live`}
      testId="notice-ways"
      about={t`You are told of channels with a password or a secret link if you may watch them, and never of unlisted ones.`}
    >
      {error && (
        <div className="px-4 pb-4 sm:px-5">
          <FormError>{sentence(error)}</FormError>
        </div>
      )}
      <NotYet query={query} rows={3} />
      {/* On a phone each row has a line more. */}
      {query.isPending && <div aria-hidden className="h-21 sm:hidden" />}
      {now && (
        <div className="divide-y border-t">
          <Way name={t`In the page`} about={t`The bell at the top, and a message in the corner.`}>
            {(id) => (
              <Switch
                labelledBy={id}
                checked={now.page}
                testId="notice-page"
                onChange={(page) => change.mutate({ page })}
              />
            )}
          </Way>
          <Way
            name={t`Notifications of the browser`}
            about={t`Also while no page is open, in the browsers below.`}
          >
            {(id) => (
              <Switch
                labelledBy={id}
                checked={now.push}
                testId="notice-push"
                onChange={(push) => change.mutate({ push })}
              />
            )}
          </Way>
          <Way
            name={t`By e-mail`}
            about={
              sends === null ? (
                user.email
              ) : !sends ? (
                t`This platform sends no mail yet, so nothing comes this way.`
              ) : user.email_verified ? (
                t`To ${user.email ?? ""}. At most one mail about a channel every few hours.`
              ) : (
                <Trans>
                  Once your address is confirmed, <Link to="/settings/account">in your account</Link>.
                </Trans>
              )
            }
          >
            {(id) => (
              <Switch
                labelledBy={id}
                checked={now.mail}
                testId="notice-mail"
                onChange={(mail) => change.mutate({ mail })}
              />
            )}
          </Way>
        </div>
      )}
    </Section>
  );
}

function Way({
  name,
  about,
  children,
}: {
  name: string;
  about: ReactNode;
  children: (id: string) => ReactNode;
}) {
  const id = useId();
  return (
    <div className={ROW}>
      <div className="min-w-0 flex-1">
        <p id={id} className="font-semibold">
          {name}
        </p>
        <p className="text-quiet [&_a]:underline">{about}</p>
      </div>
      {children(id)}
    </div>
  );
}
