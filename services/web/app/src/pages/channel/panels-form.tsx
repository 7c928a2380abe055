/** Panels below the player: each has a title, a text, a picture and where it leads, or some of them. */
import { t } from "@lingui/core/macro";
import { useMutation } from "@tanstack/react-query";
import { ArrowDown, ArrowUp, Plus, Trash2 } from "lucide-react";
import { type FormEvent, useState } from "react";
import { type About, addPicture, type Panel } from "../../api/channels";
import { sentence } from "../../api/problem";
import { told } from "../../api/told";
import { Button, IconButton } from "../../ui/button";
import { Field, FormError } from "../../ui/field";
import { TextArea } from "../../ui/text-area";
import { useFirstWrong } from "../../ui/use-first-wrong";
import { Section } from "../moderation/section";
import { ACCEPT, tooLarge } from "./picture-file";
import { SaveRow } from "./save-row";
import { useUnsaved } from "./unsaved";
import { useEdit } from "./use-edit";

/** The server's limit. */
const MAX_PANELS = 10;
const EMPTY: Panel = {
  title: "",
  text: "",
  url: "",
  picture: "",
  picture_url: null,
  width: null,
  height: null,
};

interface Row {
  /** Stays with a panel that moves. */
  key: number;
  panel: Panel;
}

export function PanelsForm({ about }: { about: About }) {
  const [rows, setRows] = useState<Row[]>(() => about.panels.map((panel, key) => ({ key, panel })));
  const edit = useEdit();
  useUnsaved(rows, edit.isSuccess);
  const fields = rows.flatMap((_, n) =>
    ["", ".title", ".text", ".url", ".picture"].map((f) => `panels.${n}${f}`),
  );
  const { of, form } = told(edit.error, fields);
  const put = (next: Row[]) => {
    edit.reset();
    setRows(next);
  };
  const change = (n: number, part: Partial<Panel>) =>
    put(rows.map((row, m) => (m === n ? { ...row, panel: { ...row.panel, ...part } } : row)));
  const move = (n: number, to: number) => {
    const next = [...rows];
    const [row] = next.splice(n, 1);
    if (row) next.splice(to, 0, row);
    put(next);
  };
  const [box, notTaken] = useFirstWrong();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const panels = rows.map(({ panel: { title, text, url, picture } }) => ({ title, text, url, picture }));
    edit.mutate({ panels }, { onError: notTaken });
  };
  return (
    <Section
      title={t`Panels`}
      testId="settings-panels"
      about={t`Below your player, for rules, gear, friends or thanks.`}
    >
      <form ref={box} onSubmit={submit} className="flex flex-col gap-4 px-4 pb-4 sm:px-5" noValidate>
        {rows.map(({ key, panel }, n) => (
          <fieldset
            key={key}
            data-testid="panel-row"
            className="flex min-w-0 flex-col gap-3 rounded-md border p-3"
          >
            <legend className="px-1 text-sm font-medium">{t`Panel ${n + 1}`}</legend>
            <div className="flex items-end gap-2">
              <div className="min-w-0 flex-1">
                <Field
                  label={t`Title`}
                  value={panel.title}
                  maxLength={60}
                  error={of(`panels.${n}.title`) ?? of(`panels.${n}`)}
                  data-testid="panel-title"
                  onChange={(e) => change(n, { title: e.target.value })}
                />
              </div>
              <IconButton label={t`Move panel ${n + 1} up`} disabled={n === 0} onClick={() => move(n, n - 1)}>
                <ArrowUp aria-hidden className="size-4" />
              </IconButton>
              <IconButton
                label={t`Move panel ${n + 1} down`}
                disabled={n === rows.length - 1}
                onClick={() => move(n, n + 1)}
              >
                <ArrowDown aria-hidden className="size-4" />
              </IconButton>
              <IconButton
                label={t`Remove panel ${n + 1}`}
                onClick={() => put(rows.filter((row) => row.key !== key))}
              >
                <Trash2 aria-hidden className="size-4" />
              </IconButton>
            </div>
            <TextArea
              label={t`Text`}
              value={panel.text}
              maxLength={1000}
              error={of(`panels.${n}.text`)}
              data-testid="panel-text"
              onChange={(e) => change(n, { text: e.target.value })}
            />
            <Field
              label={t`Where it leads`}
              value={panel.url}
              maxLength={300}
              placeholder="https://"
              inputMode="url"
              error={of(`panels.${n}.url`)}
              data-testid="panel-url"
              onChange={(e) => change(n, { url: e.target.value })}
            />
            <PanelPicture
              n={n}
              panel={panel}
              refused={of(`panels.${n}.picture`)}
              change={(part) => change(n, part)}
            />
          </fieldset>
        ))}
        {rows.length < MAX_PANELS && (
          <Button
            className="self-start"
            data-testid="add-panel"
            onClick={() => put([...rows, { key: Math.max(-1, ...rows.map((r) => r.key)) + 1, panel: EMPTY }])}
          >
            <Plus aria-hidden className="size-4" />
            {t`Add a panel`}
          </Button>
        )}
        <SaveRow busy={edit.isPending} saved={edit.isSuccess} error={form} testId="save-panels" />
      </form>
    </Section>
  );
}

function PanelPicture({
  n,
  panel,
  refused,
  change,
}: {
  n: number;
  panel: Panel;
  refused: string | undefined;
  change: (part: Partial<Panel>) => void;
}) {
  const [wrong, setWrong] = useState<string | null>(null);
  const send = useMutation({
    mutationFn: (file: File) => addPicture(file),
    onSuccess: (p) => change({ picture: p.id, picture_url: p.url, width: p.width, height: p.height }),
  });
  return (
    <div className="flex flex-col gap-2">
      {panel.picture_url && (
        <img
          src={panel.picture_url}
          alt=""
          data-testid="panel-picture"
          className="h-auto max-h-40 w-auto max-w-full self-start rounded-md bg-raised"
        />
      )}
      <div className="flex flex-wrap items-center gap-2">
        <input
          type="file"
          accept={ACCEPT}
          aria-label={t`Picture of panel ${n + 1}`}
          aria-busy={send.isPending}
          aria-invalid={refused ? true : undefined}
          data-testid="panel-file"
          className="block h-9 max-w-full min-w-0 flex-1 basis-56 rounded-sm border bg-ground px-2 py-1 text-sm text-quiet file:mr-2 file:rounded-sm file:border-0 file:bg-hover file:px-2 file:py-0.5 file:text-text"
          onChange={(e) => {
            const file = e.target.files?.[0];
            const large = file ? tooLarge(file) : null;
            setWrong(large);
            if (file && !large) send.mutate(file);
          }}
        />
        {panel.picture && (
          <Button onClick={() => change({ picture: "", picture_url: null, width: null, height: null })}>
            {t`No picture`}
          </Button>
        )}
      </div>
      <FormError>{wrong ?? refused ?? (send.error ? sentence(send.error) : null)}</FormError>
    </div>
  );
}
