/** All keys: show, replace, delete, add. A deed that would end a running broadcast asks first. */
import { t } from "@lingui/core/macro";
import { CalendarClock, Eye, KeyRound, RefreshCw, Trash2 } from "lucide-react";
import { type FormEvent, useState } from "react";
import type { StreamKey } from "../../api/contract";
import { Button, IconButton } from "../../ui/button";
import { Field, FormError, inputLook } from "../../ui/field";
import { ago, dateTime } from "../../ui/figures";
import { useNow } from "../../ui/use-now";
import { useRow } from "../../ui/use-row";
import { OpenedKey } from "./opened-key";
import { Reauth } from "./reauth";
import type { Keys } from "./use-keys";

export function KeyList({ keys, stepsShown }: { keys: Keys; stepsShown: boolean }) {
  const list = keys.list.data ?? [];
  const add = (event: FormEvent) => {
    event.preventDefault();
    keys.act({ what: "create", name: keys.newName.trim() || t`Key` });
  };
  if (list.length === 0) return null;
  return (
    <section aria-labelledby="keys-title" className="rounded-md border bg-raised p-4 sm:p-5">
      <h2 id="keys-title" className="text-base font-semibold">
        {t`Stream keys`}
      </h2>
      <ul className="divide-y pt-1" data-testid="key-list">
        {list.map((key) => (
          <KeyRow key={key.id} item={key} keys={keys} />
        ))}
      </ul>
      {!stepsShown && (
        <div className="flex flex-col gap-4 pt-3 empty:hidden">
          {keys.opened && <OpenedKey opened={keys.opened} fresh={keys.fresh} />}
          <Reauth keys={keys} />
          {keys.error && <FormError>{keys.error}</FormError>}
        </div>
      )}
      <form onSubmit={add} className="mt-3 flex gap-2 border-t pt-4">
        <input
          aria-label={t`Name of the new key`}
          placeholder={t`Name, such as Laptop`}
          data-testid="new-key-name"
          maxLength={50}
          value={keys.newName}
          onChange={(e) => keys.setNewName(e.target.value)}
          className={`${inputLook} !h-9`}
        />
        <Button type="submit" busy={keys.busy} data-testid="add-key">
          <KeyRound aria-hidden className="size-4" />
          {t`Add a key`}
        </Button>
      </form>
    </section>
  );
}

function KeyRow({ item, keys }: { item: StreamKey; keys: Keys }) {
  const now = useNow(30_000);
  const [asking, setAsking] = useState<"rotate" | "delete" | "end" | null>(null);
  const { row, keep } = useRow();
  const { name } = item;
  const asked = () => {
    keep();
    setAsking(null);
  };
  return (
    <li ref={row} className="py-3" data-testid="key-row">
      <div className="flex items-center gap-1">
        <div className="min-w-0 flex-1">
          <p className="truncate font-medium">{name}</p>
          <p className="text-xs text-quiet">
            {item.last_used_at ? lastUse(item, ago(item.last_used_at, now)) : t`Never used`}
          </p>
          {endWords(item, now) && (
            <p className="text-xs text-quiet" data-testid="key-end">
              {endWords(item, now)}
            </p>
          )}
        </div>
        <IconButton
          label={t`Show the key “${name}”`}
          onClick={() => keys.act({ what: "reveal", id: item.id })}
        >
          <Eye aria-hidden className="size-4" />
        </IconButton>
        <IconButton
          label={t`Replace the key “${name}”`}
          data-testid="rotate-key"
          onClick={() => setAsking("rotate")}
        >
          <RefreshCw aria-hidden className="size-4" />
        </IconButton>
        <IconButton
          label={t`Set when the key “${name}” ends`}
          data-testid="end-key"
          onClick={() => setAsking("end")}
        >
          <CalendarClock aria-hidden className="size-4" />
        </IconButton>
        <IconButton
          label={t`Delete the key “${name}”`}
          data-testid="delete-key"
          onClick={() => setAsking("delete")}
        >
          <Trash2 aria-hidden className="size-4" />
        </IconButton>
      </div>
      {asking === "end" && <EndForm item={item} keys={keys} close={asked} />}
      {asking && asking !== "end" && (
        <div className="flex flex-wrap items-center gap-2 pt-2">
          <p className="basis-full text-sm text-quiet sm:min-w-48 sm:flex-1 sm:basis-0">
            {asking === "rotate"
              ? t`A new key takes its place. The old one works for ten more minutes; a running broadcast goes on.`
              : t`Nobody can stream with it any more, and a broadcast that uses it ends at once.`}
          </p>
          <Button
            weight={asking === "delete" ? "danger" : "primary"}
            data-testid={`confirm-${asking}`}
            onClick={() => {
              keys.act({ what: asking, id: item.id });
              asked();
            }}
          >
            {asking === "rotate" ? t`Replace` : t`Delete`}
          </Button>
          <Button onClick={asked}>{t`Cancel`}</Button>
        </div>
      )}
    </li>
  );
}

/** When, by what and from where it was used last. */
function lastUse({ encoder, remote_addr }: StreamKey, when: string): string {
  const address = remote_addr?.replace(/:\d+$/, "");
  if (encoder && address) return t`Last used ${when} by ${encoder} from ${address}`;
  if (encoder) return t`Last used ${when} by ${encoder}`;
  return address ? t`Last used ${when} from ${address}` : t`Last used ${when}`;
}

/** Until when it, and the one before it, are let in. */
function endWords({ expires_at, overlap_until }: StreamKey, now: number): string {
  const words = [];
  if (expires_at) {
    const end = dateTime(expires_at);
    words.push(Date.parse(expires_at) <= now ? t`Ended ${end}.` : t`Ends ${end}.`);
  }
  if (overlap_until && Date.parse(overlap_until) > now) {
    const until = dateTime(overlap_until);
    words.push(t`The key before it works until ${until}.`);
  }
  return words.join(" ");
}

function EndForm({ item, keys, close }: { item: StreamKey; keys: Keys; close: () => void }) {
  const { name } = item;
  const [at, setAt] = useState("");
  const [least] = useState(() => localMinute(new Date()));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    keys.act({ what: "end", id: item.id, at: new Date(at).toISOString() });
    close();
  };
  return (
    <form onSubmit={submit} className="flex flex-wrap items-end gap-2 pt-2">
      <div className="min-w-48 flex-1">
        <Field
          label={t`When the key “${name}” ends`}
          hint={t`From then on nobody starts a stream with it; a running broadcast goes on.`}
          type="datetime-local"
          required
          min={least}
          data-testid="key-end-input"
          value={at}
          onChange={(e) => setAt(e.target.value)}
        />
      </div>
      <Button type="submit" weight="primary" data-testid="confirm-end-key">
        {t`Set`}
      </Button>
      {item.expires_at && (
        <Button
          onClick={() => {
            keys.act({ what: "end", id: item.id, at: null });
            close();
          }}
        >
          {t`No end`}
        </Button>
      )}
      <Button onClick={close}>{t`Cancel`}</Button>
    </form>
  );
}

/** As an input of date and time has it: `2026-12-01T20:00`, on this machine's clock. */
function localMinute(at: Date): string {
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}
