/** How one's name is written: the user name with other capitals. */
import { t } from "@lingui/core/macro";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { writeName } from "../../api/channels";
import { told } from "../../api/told";
import { session } from "../../auth/session";
import { Field } from "../../ui/field";
import { useFirstWrong } from "../../ui/use-first-wrong";
import { Section } from "../moderation/section";
import { SaveRow } from "./save-row";
import { useUnsaved } from "./unsaved";

export function NameForm({ name }: { name: string }) {
  const [text, setText] = useState(name);
  const save = useMutation({
    mutationFn: () => writeName(text.trim()),
    // The session knows the name, too.
    onSuccess: () => void session.renew(),
  });
  useUnsaved(text, save.isSuccess);
  const { of, form } = told(save.error, ["display_name"]);
  const [box, notTaken] = useFirstWrong();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate(undefined, { onError: notTaken });
  };
  return (
    <Section title={t`Your name`} testId="settings-name">
      <form ref={box} onSubmit={submit} className="flex flex-col gap-4 px-4 pb-4 sm:px-5" noValidate>
        <Field
          label={t`How it is written`}
          hint={t`Your user name with capitals where you like them. Chat shows it within a minute`}
          value={text}
          maxLength={25}
          autoCapitalize="none"
          spellCheck={false}
          error={of("display_name")}
          data-testid="settings-display-name"
          onChange={(e) => {
            save.reset();
            setText(e.target.value);
          }}
        />
        <SaveRow busy={save.isPending} saved={save.isSuccess} error={form} testId="save-name" />
      </form>
    </Section>
  );
}
