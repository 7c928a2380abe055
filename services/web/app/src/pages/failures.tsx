/** Pages for what does not exist and for what went wrong in this app itself. */
import { t } from "@lingui/core/macro";
import { Component, type ReactNode } from "react";
import { Link } from "react-router";
import { Problem, sentence } from "../api/problem";
import { tellError } from "../frame/errors";
import { Button, buttonLook } from "../ui/button";
import { Message } from "../ui/message";
import { useTitle } from "../ui/use-title";

export function NotFound() {
  useTitle(t`Not found`);
  return (
    <Message
      title={t`There is nothing at this address`}
      testId="not-found"
      action={
        <Link to="/" className={buttonLook("primary")}>
          {t`See who is live`}
        </Link>
      }
    >
      {t`The link may be old or mistyped.`}
    </Message>
  );
}

/** In place of a channel's page: there is none of that name, or it did not load, which `title` says. */
export function ChannelFailure(props: {
  username: string;
  error: unknown;
  title: string;
  again: () => void;
}) {
  const { username, error } = props;
  if (error instanceof Problem && error.status === 404) {
    return (
      <Message
        title={t`There is no channel called ${username}`}
        testId="channel-not-found"
        action={
          <Link to="/" className={buttonLook("primary")}>
            {t`See who is live`}
          </Link>
        }
      >
        {t`Check the spelling; names are letters, digits and underscores.`}
      </Message>
    );
  }
  return (
    <Message
      title={props.title}
      testId="channel-error"
      action={
        <Button weight="primary" onClick={props.again}>
          {t`Try again`}
        </Button>
      }
    >
      {sentence(error)}
    </Message>
  );
}

/**
 * Shows `Crashed` instead of what broke below it, until somebody goes elsewhere: `at` is another then. `whole`: nothing else of a page is
 * around it.
 */
export class Guarded extends Component<
  { at: string; whole?: boolean; children: ReactNode },
  { broke: boolean; at: string }
> {
  override state = { broke: false, at: this.props.at };

  static getDerivedStateFromError(): { broke: boolean } {
    return { broke: true };
  }

  static getDerivedStateFromProps({ at }: { at: string }, state: { at: string }) {
    return at === state.at ? null : { broke: false, at };
  }

  override componentDidCatch(error: unknown): void {
    console.error(error);
    tellError(error);
  }

  override render(): ReactNode {
    if (!this.state.broke) return this.props.children;
    return this.props.whole ? (
      <main>
        <Crashed />
      </main>
    ) : (
      <Crashed />
    );
  }
}

function Crashed() {
  return (
    <Message
      title={t`Something broke on this page`}
      testId="page-error"
      action={
        <Button weight="primary" onClick={() => location.reload()}>
          {t`Reload`}
        </Button>
      }
    >
      {t`It is not your fault. Reloading usually helps.`}
    </Message>
  );
}
