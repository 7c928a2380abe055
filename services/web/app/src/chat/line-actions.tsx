/** What can be done with a message, over its line while one points at it or has it focused. */
import { t } from "@lingui/core/macro";
import { Ban, Clock, EllipsisVertical, Flag, Pin, Reply, Trash2, UserRound, UserX } from "lucide-react";
import { IconButton } from "../ui/button";
import { MenuButton, type MenuItem } from "../ui/menu";
import { TIMEOUTS, useDeeds } from "./deeds";
import type { MessageLine } from "./log";
import { longSpan } from "./spans";
import { nameOf } from "./text";

const BUTTON =
  "inline-flex size-8 shrink-0 items-center justify-center rounded-sm transition-colors hover:bg-hover";
const ICON = "size-4";

export function LineActions({ line, onMenu }: { line: MessageLine; onMenu: (id: string | null) => void }) {
  const deeds = useDeeds();
  const { user } = line;
  const mine = user.id === deeds.me?.id;
  const hold = (open: boolean) => onMenu(open ? line.id : null);
  const name = nameOf(user);
  // The owner and staff cannot be sanctioned; the server refuses what is not allowed among moderators.
  const above = user.badges?.some((b) => b === "broadcaster" || b === "staff") ?? false;
  const sanctions = deeds.moderates && !mine && !above;
  if (!deeds.me) return null;
  const more: MenuItem[] = [
    {
      key: "card",
      label: t`About ${name}`,
      icon: <UserRound aria-hidden className={ICON} />,
      testId: "line-card",
      onSelect: () => deeds.ask({ kind: "card", user, message: line }),
    },
  ];
  if (deeds.moderates)
    more.push({
      key: "pin",
      label: t`Pin`,
      icon: <Pin aria-hidden className={ICON} />,
      testId: "line-pin",
      onSelect: () => deeds.pin(line),
    });
  if (!mine) {
    more.push(
      {
        key: "report",
        label: t`Report`,
        icon: <Flag aria-hidden className={ICON} />,
        testId: "line-report",
        onSelect: () => deeds.ask({ kind: "report", message: line }),
      },
      {
        key: "block",
        label: t`Hide ${name} from me`,
        icon: <UserX aria-hidden className={ICON} />,
        testId: "line-block",
        onSelect: () => deeds.block(user),
      },
    );
  }
  if (sanctions)
    more.push({
      key: "ban",
      label: t`Ban ${name}`,
      icon: <Ban aria-hidden className={ICON} />,
      danger: true,
      divided: true,
      testId: "line-ban",
      onSelect: () => deeds.ask({ kind: "ban", user }),
    });
  return (
    <div
      role="toolbar"
      aria-label={t`Message of ${name}`}
      data-line-actions
      className="absolute -top-4 right-2 z-10 flex rounded-sm border bg-raised p-0.5"
    >
      {deeds.writes && (
        <IconButton
          label={t`Reply`}
          className="size-8"
          data-testid="line-reply"
          onClick={() => deeds.reply(line)}
        >
          <Reply aria-hidden className={ICON} />
        </IconButton>
      )}
      {(deeds.moderates || mine) && (
        <IconButton
          label={t`Delete`}
          className="size-8"
          data-testid="line-delete"
          onClick={() => deeds.remove(line)}
        >
          <Trash2 aria-hidden className={ICON} />
        </IconButton>
      )}
      {sanctions && (
        <MenuButton
          label={t`Time out`}
          title={t`Time out`}
          data-testid="line-timeout"
          className={BUTTON}
          onOpenChange={hold}
          head={t`${name} cannot write for`}
          items={TIMEOUTS.map((seconds) => ({
            key: String(seconds),
            label: longSpan(seconds),
            testId: `timeout-${seconds}`,
            onSelect: () => deeds.timeout(user, seconds),
          }))}
        >
          <Clock aria-hidden className={ICON} />
        </MenuButton>
      )}
      <MenuButton
        label={t`More`}
        title={t`More`}
        data-testid="line-more"
        className={BUTTON}
        items={more}
        onOpenChange={hold}
      >
        <EllipsisVertical aria-hidden className={ICON} />
      </MenuButton>
    </div>
  );
}
