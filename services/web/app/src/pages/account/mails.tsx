/** For admins: mails that were or are to be sent. Without a mail server this is where their links are found. */
import { plural, t } from "@lingui/core/macro";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Navigate } from "react-router";
import { type Mail, mail, mails } from "../../api/account";
import { Problem } from "../../api/problem";
import { signInPath, useSession } from "../../auth/use-session";
import { Button } from "../../ui/button";
import { ago } from "../../ui/figures";
import { NotLoaded } from "../../ui/not-loaded";
import { PageSkeleton } from "../../ui/skeleton";
import { SlowWords } from "../../ui/slow-words";
import { useNow } from "../../ui/use-now";
import { useTitle } from "../../ui/use-title";
import { StaffTabs } from "../admin/staff-tabs";
import { NotYet, ROW, Section } from "../moderation/section";
import { useSendsMail } from "./mail-way";
import { ProofForm } from "./proof-form";

export function Mails() {
  useTitle(t`Mails`);
  const { status } = useSession();
  if (status === "out") return <Navigate to={signInPath("/admin/mails")} replace />;
  if (status === "unknown") return <PageSkeleton />;
  return (
    <div className="mx-auto flex w-full max-w-4xl flex-col gap-4 px-4 py-6 sm:px-6">
      <h1 className="text-xl font-semibold tracking-tight">{t`Mails`}</h1>
      <StaffTabs current="mails" />
      <MailList />
    </div>
  );
}

/** The list itself, for a page of its own and for the desk. */
export function MailList() {
  const list = useInfiniteQuery({
    queryKey: ["own", "mails"],
    queryFn: ({ pageParam, signal }) => mails(pageParam ?? undefined, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor ?? null,
    staleTime: 0,
  });
  const sends = useSendsMail();
  const now = useNow(30_000);
  const [opened, setOpened] = useState<string | null>(null);
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Section
      title={t`Mails of the last days`}
      about={
        <>
          {sends && t`Once a mail was handed to a mail server, its text is not kept here.`}
          {sends === false &&
            t`This platform sends no mail yet: no mail server is set (mail.smtp.host). What it wrote to people is here, and in the folder data/mail.`}{" "}
          {t`Texts hold links that work like passwords: that you open one is written into the log.`}
        </>
      }
      action={<Button onClick={() => void list.refetch()}>{t`Look again`}</Button>}
    >
      <NotYet query={list} rows={3} />
      {list.data && items.length === 0 && (
        <p className="border-t px-4 py-4 text-sm text-quiet sm:px-5">{t`No mails of the last days.`}</p>
      )}
      <ul className="divide-y border-t empty:hidden">
        {items.map((item) => (
          <li key={item.id} data-testid="mail-row" data-kind={item.kind} data-to={item.to}>
            <div className={ROW}>
              <span className="min-w-0 flex-1 basis-44 wrap-anywhere">
                <span className="font-semibold">{item.subject}</span>
                <span className="block text-xs text-quiet">
                  {t`To ${item.to}, ${ago(item.created_at, now)}. ${fate(item, sends)}`}
                </span>
              </span>
              <Button
                aria-expanded={opened === item.id}
                data-testid="open-mail"
                onClick={() => setOpened(opened === item.id ? null : item.id)}
              >
                {opened === item.id ? t`Close` : t`Open`}
              </Button>
            </div>
            {opened === item.id && <Text id={item.id} close={() => setOpened(null)} />}
          </li>
        ))}
      </ul>
      {list.hasNextPage && (
        <div className="border-t p-3 text-center">
          <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            {t`Earlier`}
          </Button>
        </div>
      )}
    </Section>
  );
}

/** The server shows it soon after the password was given: where that was long ago it is asked for. */
function Text({ id, close }: { id: string; close: () => void }) {
  const one = useQuery({
    queryKey: ["own", "mails", id],
    queryFn: ({ signal }) => mail(id, signal),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  const waiting = one.error instanceof Problem && one.error.code === "reauth_required";
  const resume = async () => void (await one.refetch());
  return (
    <div className="px-4 pb-4 sm:px-5">
      {one.error && !waiting && <NotLoaded error={one.error} again={one.refetch} />}
      <ProofForm proof={{ waiting, resume, cancel: close }} done={() => {}} />
      {one.isPending && <SlowWords />}
      {one.data && (
        <pre
          data-testid="mail-text"
          className="overflow-x-auto rounded-sm border bg-ground p-3 text-xs whitespace-pre-wrap wrap-anywhere"
        >
          {one.data.text ?? t`The text is gone: a mail server has it, or it was given up.`}
        </pre>
      )}
    </div>
  );
}

function fate(item: Mail, sends: boolean | null): string {
  // Without a mail server that is when it was written into the folder.
  if (item.sent_at) return sends === null ? "" : sends ? t`Sent.` : t`Kept, not sent.`;
  const error = item.last_error ?? t`unknown`;
  if (item.given_up_at)
    return plural(item.attempts, {
      one: `Given up after # try: ${error}.`,
      other: `Given up after # tries: ${error}.`,
    });
  if (item.last_error)
    return plural(item.attempts, { one: `# try so far: ${error}.`, other: `# tries so far: ${error}.` });
  return t`Waits to be sent.`;
}
