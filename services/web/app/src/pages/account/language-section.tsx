/** The language of the app in this browser, and of what is written to the account. What other people write is not changed by it. */
import { t } from "@lingui/core/macro";
import { useMutation } from "@tanstack/react-query";
import { useRef } from "react";
import type { User } from "../../api/contract";
import { sentence } from "../../api/problem";
import { chooseLanguage, writeIn } from "../../auth/account-language";
import { isLanguage, LANGUAGES, NAMES } from "../../language/choice";
import { language } from "../../language/language";
import { Button } from "../../ui/button";
import { FormError } from "../../ui/field";
import { languageName } from "../../ui/languages";
import { Select } from "../../ui/select";
import { Section } from "../moderation/section";

export function LanguageSection({ user }: { user: User }) {
  const present = language.get();
  const other = user.language && user.language !== present ? languageName(user.language) : null;
  const here = languageName(present);
  const choice = useRef<HTMLSelectElement>(null);
  const write = useMutation({
    mutationFn: () => writeIn(present),
    // The button goes away.
    onSuccess: () => choice.current?.focus(),
  });
  return (
    <Section
      title={t`Language`}
      testId="account-language"
      about={t`Of this platform's pages in this browser, and of mails and notices to you. What others write stays in their language.`}
    >
      <div className="max-w-60 px-4 pb-4 sm:px-5">
        <Select
          ref={choice}
          label={t`Language`}
          quiet
          value={present}
          data-testid="language-select"
          onChange={(e) => isLanguage(e.target.value) && void chooseLanguage(e.target.value)}
        >
          {LANGUAGES.map((each) => (
            <option key={each} value={each} lang={each}>
              {NAMES[each]}
            </option>
          ))}
        </Select>
      </div>
      {other && (
        <div className="flex flex-wrap items-center gap-3 px-4 pb-4 sm:px-5">
          <p className="text-sm text-quiet" data-testid="mail-language">
            {t`Mails and notices to you are in ${other}.`}
          </p>
          <Button busy={write.isPending} data-testid="mail-language-here" onClick={() => write.mutate()}>
            {t`Write to me in ${here}`}
          </Button>
          <FormError>{write.error ? sentence(write.error) : null}</FormError>
        </div>
      )}
    </Section>
  );
}
