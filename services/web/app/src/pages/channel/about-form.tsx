/** Bio and links. */
import { t } from "@lingui/core/macro";
import { Plus, Trash2 } from "lucide-react";
import { type FormEvent, useState } from "react";
import type { About, Link } from "../../api/channels";
import { told } from "../../api/told";
import { Button, IconButton } from "../../ui/button";
import { Field } from "../../ui/field";
import { TextArea } from "../../ui/text-area";
import { useFirstWrong } from "../../ui/use-first-wrong";
import { Section } from "../moderation/section";
import { SaveRow } from "./save-row";
import { useUnsaved } from "./unsaved";
import { useEdit } from "./use-edit";

/** The server's limits. */
const MAX_LINKS = 5;
const MAX_BIO = 500;

export function AboutForm({ about }: { about: About }) {
  const [bio, setBio] = useState(about.bio);
  const [links, setLinks] = useState<Link[]>(about.links);
  const edit = useEdit();
  useUnsaved([bio, links], edit.isSuccess);
  const names = links.flatMap((_, n) => [`links.${n}.title`, `links.${n}.url`]);
  const { of, form } = told(edit.error, ["bio", ...names]);
  const put = (next: Link[]) => {
    edit.reset();
    setLinks(next);
  };
  const change = (n: number, part: Partial<Link>) =>
    put(links.map((link, m) => (m === n ? { ...link, ...part } : link)));
  const [box, notTaken] = useFirstWrong();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    edit.mutate({ bio, links }, { onError: notTaken });
  };
  return (
    <Section title={t`About you`} testId="settings-about">
      <form ref={box} onSubmit={submit} className="flex flex-col gap-4 px-4 pb-4 sm:px-5" noValidate>
        <TextArea
          label={t`Bio`}
          data-testid="settings-bio"
          value={bio}
          maxLength={MAX_BIO}
          error={of("bio")}
          onChange={(e) => {
            edit.reset();
            setBio(e.target.value);
          }}
        />
        {links.map((link, n) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: links have no names, and keep their order
          <div key={n} className="flex items-start gap-2" data-testid="link-row">
            <div className="grid min-w-0 flex-1 gap-2 sm:grid-cols-2">
              <Field
                label={t`Title of link ${n + 1}`}
                value={link.title}
                maxLength={60}
                error={of(`links.${n}.title`)}
                data-testid="link-title"
                onChange={(e) => change(n, { title: e.target.value })}
              />
              <Field
                label={t`Address of link ${n + 1}`}
                value={link.url}
                maxLength={300}
                placeholder="https://"
                inputMode="url"
                error={of(`links.${n}.url`)}
                data-testid="link-url"
                onChange={(e) => change(n, { url: e.target.value })}
              />
            </div>
            <IconButton
              label={t`Remove link ${n + 1}`}
              className="mt-[1.65rem]"
              onClick={() => put(links.filter((_, m) => m !== n))}
            >
              <Trash2 aria-hidden className="size-4" />
            </IconButton>
          </div>
        ))}
        {links.length < MAX_LINKS && (
          <Button
            className="self-start"
            data-testid="add-link"
            onClick={() => put([...links, { title: "", url: "" }])}
          >
            <Plus aria-hidden className="size-4" />
            {t`Add a link`}
          </Button>
        )}
        <SaveRow busy={edit.isPending} saved={edit.isSuccess} error={form} testId="save-about" />
      </form>
    </Section>
  );
}
