/** One's own channel: what it is about, its pictures, what it says about itself, and its schedule. Each part is saved by itself. */
import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { Link, Navigate } from "react-router";
import { about, ownSchedule } from "../../api/channels";
import { sentence } from "../../api/problem";
import { signInPath, useSession } from "../../auth/use-session";
import { useOwnStream } from "../../live/use-own-stream";
import { Button, buttonLook } from "../../ui/button";
import { Message } from "../../ui/message";
import { NotLoaded } from "../../ui/not-loaded";
import { PageSkeleton } from "../../ui/skeleton";
import { useTitle } from "../../ui/use-title";
import { useCategories } from "../browse/use-categories";
import { BroadcastEditor } from "../dashboard/broadcast-editor";
import { AboutForm } from "./about-form";
import { EmbeddingForm } from "./embedding-form";
import { LeaveGuard } from "./leave-guard";
import { NameForm } from "./name-form";
import { PanelsForm } from "./panels-form";
import { PictureForm } from "./picture-form";
import { ScheduleForm } from "./schedule-form";

export function ChannelSettings() {
  useTitle(t`Channel settings`);
  const { status } = useSession();
  if (status === "out") return <Navigate to={signInPath("/dashboard/channel")} replace />;
  if (status === "unknown") return <PageSkeleton />;
  return <SignedIn />;
}

function SignedIn() {
  const own = useOwnStream(() => {});
  const username = own.data?.username;
  const said = useQuery({
    queryKey: ["own-stream", "about"],
    queryFn: ({ signal }) => about(username ?? "", signal),
    enabled: username !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const plan = useQuery({
    queryKey: ["own-stream", "schedule"],
    queryFn: ({ signal }) => ownSchedule(signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const kept = useCategories();
  const failed = own.error ?? said.error ?? plan.error;
  if (!own.data || !said.data || !plan.data) {
    if (!failed) return <PageSkeleton />;
    const again = () => {
      void own.refetch();
      void said.refetch();
      void plan.refetch();
    };
    return (
      <Message
        title={t`Your channel did not load`}
        testId="channel-settings-error"
        action={
          <Button weight="primary" onClick={again}>
            {t`Try again`}
          </Button>
        }
      >
        {sentence(failed)}
      </Message>
    );
  }
  const list = kept.data?.items ?? [];
  // What is chosen stays, and everything else can be changed and saved.
  const missing = !kept.data && kept.error && (
    <NotLoaded error={kept.error} again={kept.refetch} testId="categories-missing" />
  );
  return (
    <div className="mx-auto flex w-full max-w-3xl flex-col gap-4 px-4 py-6">
      <div className="flex flex-wrap items-center gap-3">
        <h1 className="flex-1 text-xl font-semibold tracking-tight">{t`Channel settings`}</h1>
        <Link to="/dashboard" className={buttonLook()}>
          {t`Dashboard`}
        </Link>
        <Link to={`/${own.data.username}`} className={buttonLook()} data-testid="see-channel">
          {t`See your channel`}
        </Link>
      </div>
      <BroadcastEditor stream={own.data} />
      <PictureForm stream={own.data} about={said.data} />
      <NameForm name={own.data.display_name} />
      <AboutForm about={said.data} />
      <PanelsForm about={said.data} />
      <EmbeddingForm stream={own.data} />
      <ScheduleForm schedule={plan.data} categories={list} missing={missing} />
      <LeaveGuard />
    </div>
  );
}
