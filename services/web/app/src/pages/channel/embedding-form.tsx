/** Whose pages may have the channel's player in a frame. */
import { t } from "@lingui/core/macro";
import { type FormEvent, useId, useState } from "react";
import type { Embedding, OwnStream } from "../../api/contract";
import { told } from "../../api/told";
import { Select } from "../../ui/select";
import { useFirstWrong } from "../../ui/use-first-wrong";
import { Section } from "../moderation/section";
import { sitesOf, textOf } from "./embed-sites";
import { SaveRow } from "./save-row";
import { useUnsaved } from "./unsaved";
import { useEdit } from "./use-edit";

/** The server's limit. */
const MAX_SITES = 20;
const FIELDS = [
  "embedding",
  "embed_sites",
  ...Array.from({ length: MAX_SITES }, (_, n) => `embed_sites.${n}`),
];

export function EmbeddingForm({ stream }: { stream: OwnStream }) {
  const [embedding, setEmbedding] = useState<Embedding>(stream.embedding ?? "everywhere");
  const [text, setText] = useState(textOf(stream.embed_sites ?? []));
  const id = useId();
  const edit = useEdit();
  useUnsaved([embedding, text], edit.isSuccess);
  const { of, form } = told(edit.error, FIELDS);
  const sites = sitesOf(text);
  const wrong = sites.findIndex((_, n) => of(`embed_sites.${n}`));
  const error =
    of("embed_sites") ?? (wrong < 0 ? undefined : `${sites[wrong]}: ${of(`embed_sites.${wrong}`)}`);
  const [box, notTaken] = useFirstWrong();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    edit.mutate(embedding === "sites" ? { embedding, embed_sites: sites } : { embedding }, {
      onError: notTaken,
    });
  };
  return (
    <Section
      title={t`Your player on other sites`}
      about={t`Other sites can show your player in their pages. Who may watch stays as you have set it.`}
      testId="settings-embedding"
    >
      <form ref={box} onSubmit={submit} className="flex flex-col gap-4 px-4 pb-4 sm:px-5" noValidate>
        <Select
          label={t`Sites that may show it`}
          data-testid="embedding"
          value={embedding}
          error={of("embedding")}
          onChange={(e) => {
            edit.reset();
            setEmbedding(e.target.value as Embedding);
          }}
        >
          <option value="everywhere">{t`All`}</option>
          <option value="sites">{t`Only those I name`}</option>
          <option value="nowhere">{t`None`}</option>
        </Select>
        {embedding === "sites" && (
          <div className="flex flex-col gap-1.5">
            <label htmlFor={id} className="text-sm font-medium">
              {t`Their names`}
            </label>
            <textarea
              id={id}
              rows={4}
              value={text}
              spellCheck={false}
              autoCapitalize="none"
              // not a text: a name of a site
              placeholder="example.org"
              data-testid="embed-sites"
              aria-invalid={error ? true : undefined}
              aria-describedby={`${id}-said`}
              onChange={(e) => {
                edit.reset();
                setText(e.target.value);
              }}
              className="w-full rounded-sm border border-line bg-ground px-3 py-2 text-base text-text placeholder:text-quiet aria-invalid:border-bad focus-visible:outline-offset-0 sm:text-sm"
            />
            <p id={`${id}-said`} className={`text-xs ${error ? "text-bad" : "text-quiet"}`}>
              {error ??
                t`One on a line, at most ${MAX_SITES}. *.example.org stands for everything below example.org`}
            </p>
          </div>
        )}
        <SaveRow busy={edit.isPending} saved={edit.isSuccess} error={form} testId="save-embedding" />
      </form>
    </Section>
  );
}
