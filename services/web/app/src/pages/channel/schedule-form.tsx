/** When one means to be live, on one's own clocks. */
import { t } from "@lingui/core/macro";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Plus, Trash2 } from "lucide-react";
import { type FormEvent, type ReactNode, useId, useState } from "react";
import { type Category, type Entry, type OwnSchedule, saveSchedule } from "../../api/channels";
import { told } from "../../api/told";
import { categoryName } from "../../language/category-name";
import { Button, IconButton } from "../../ui/button";
import { Field } from "../../ui/field";
import { Select } from "../../ui/select";
import { useFirstWrong } from "../../ui/use-first-wrong";
import { byName } from "../browse/by-name";
import { Section } from "../moderation/section";
import { SaveRow } from "./save-row";
import { useUnsaved } from "./unsaved";

/** The server's limit. */
const MAX_ENTRIES = 20;

/** The zone of this browser, if it says one. */
const here = () => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

/** Zones that can be chosen. */
function zones(also: string[]): string[] {
  const known = Intl.supportedValuesOf("timeZone");
  return [...new Set(["UTC", ...also, ...known])];
}

const tomorrow = () => {
  const at = new Date(Date.now() + 86_400_000);
  const two = (n: number) => String(n).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T20:00`;
};

export function ScheduleForm({
  schedule,
  categories,
  missing,
}: {
  schedule: OwnSchedule;
  categories: Category[];
  /** In place of categories that did not load. */
  missing: ReactNode;
}) {
  const client = useQueryClient();
  const [zone, setZone] = useState(schedule.entries.length === 0 ? here() : schedule.time_zone);
  const [entries, setEntries] = useState<Entry[]>(schedule.entries);
  const save = useMutation({
    mutationFn: (plan: OwnSchedule) => saveSchedule(plan),
    onSuccess: (saved) => {
      client.setQueryData(["own-stream", "schedule"], saved);
      setEntries(saved.entries);
      void client.invalidateQueries({ queryKey: ["schedule"] });
    },
  });
  useUnsaved([zone, entries], save.isSuccess);
  const names = entries.flatMap((_, n) =>
    ["title", "starts_at", "minutes", "category"].map((f) => `entries.${n}.${f}`),
  );
  const { of, form } = told(save.error, ["time_zone", ...names]);
  const put = (next: Entry[]) => {
    save.reset();
    setEntries(next);
  };
  const change = (n: number, part: Partial<Entry>) =>
    put(entries.map((entry, m) => (m === n ? { ...entry, ...part } : entry)));
  const [box, notTaken] = useFirstWrong();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate({ time_zone: zone, entries }, { onError: notTaken });
  };
  return (
    <Section
      title={t`Schedule`}
      testId="settings-schedule"
      about={t`Viewers see it on their own clocks and can add it to their calendar.`}
    >
      <form ref={box} onSubmit={submit} className="flex flex-col gap-4 px-4 pb-4 sm:px-5" noValidate>
        <Select
          label={t`Your time zone`}
          data-testid="schedule-zone"
          value={zone}
          error={of("time_zone")}
          onChange={(e) => {
            save.reset();
            setZone(e.target.value);
          }}
        >
          {zones([zone]).map((name) => (
            <option key={name}>{name}</option>
          ))}
        </Select>
        {entries.map((entry, n) => (
          <fieldset
            // biome-ignore lint/suspicious/noArrayIndexKey: entries have no names, and keep their order
            key={n}
            data-testid="schedule-row"
            className="flex min-w-0 flex-col gap-3 rounded-md border p-3"
          >
            <legend className="px-1 text-sm font-medium">{t`Entry ${n + 1}`}</legend>
            <div className="flex items-end gap-2">
              <div className="min-w-0 flex-1">
                <Field
                  label={t`Title`}
                  value={entry.title}
                  maxLength={100}
                  error={of(`entries.${n}.title`)}
                  data-testid="schedule-title"
                  onChange={(e) => change(n, { title: e.target.value })}
                />
              </div>
              <IconButton
                label={t`Remove entry ${n + 1}`}
                onClick={() => put(entries.filter((_, m) => m !== n))}
              >
                <Trash2 aria-hidden className="size-4" />
              </IconButton>
            </div>
            <div className="grid gap-3 sm:grid-cols-2">
              <Field
                label={t`Begins`}
                type="datetime-local"
                value={entry.starts_at}
                error={of(`entries.${n}.starts_at`)}
                data-testid="schedule-start"
                onChange={(e) => change(n, { starts_at: e.target.value })}
              />
              <Field
                label={t`Minutes`}
                type="number"
                min={1}
                max={1440}
                value={entry.minutes}
                error={of(`entries.${n}.minutes`)}
                data-testid="schedule-minutes"
                onChange={(e) => change(n, { minutes: Math.trunc(Number(e.target.value)) })}
              />
              <Select
                label={t`Category`}
                value={entry.category}
                error={of(`entries.${n}.category`)}
                onChange={(e) => change(n, { category: e.target.value })}
              >
                <option value="">{t`None`}</option>
                {entry.category && !categories.some((c) => c.name === entry.category) && (
                  <option value={entry.category}>{categoryName(entry.category)}</option>
                )}
                {byName(categories).map((c) => (
                  <option key={c.slug} value={c.name}>
                    {categoryName(c.name)}
                  </option>
                ))}
              </Select>
              <Weekly on={entry.weekly} change={(weekly) => change(n, { weekly })} />
            </div>
          </fieldset>
        ))}
        {entries.length > 0 && missing}
        {entries.length < MAX_ENTRIES && (
          <Button
            className="self-start"
            data-testid="add-entry"
            onClick={() =>
              put([
                ...entries,
                { title: "", category: "", starts_at: tomorrow(), minutes: 120, weekly: true },
              ])
            }
          >
            <Plus aria-hidden className="size-4" />
            {t`Add an entry`}
          </Button>
        )}
        <SaveRow busy={save.isPending} saved={save.isSuccess} error={form} testId="save-schedule" />
      </form>
    </Section>
  );
}

function Weekly({ on, change }: { on: boolean; change: (on: boolean) => void }) {
  const id = useId();
  return (
    <div className="flex items-center gap-2 self-end pb-2.5 text-sm">
      <input
        id={id}
        type="checkbox"
        checked={on}
        data-testid="schedule-weekly"
        className="size-4"
        onChange={(e) => change(e.target.checked)}
      />
      <label htmlFor={id}>{t`Every week`}</label>
    </div>
  );
}
