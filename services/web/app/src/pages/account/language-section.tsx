/** The language of the app in this browser. Mails and what other people write are not changed by it. */
import { t } from "@lingui/core/macro";
import { isLanguage, LANGUAGES, NAMES } from "../../language/choice";
import { language } from "../../language/language";
import { Select } from "../../ui/select";
import { Section } from "../moderation/section";

export function LanguageSection() {
  return (
    <Section
      title={t`Language`}
      testId="account-language"
      about={t`Of this platform's pages, in this browser. What others write stays in their language.`}
    >
      <div className="max-w-60 px-4 pb-4 sm:px-5">
        <Select
          label={t`Language`}
          quiet
          value={language.get()}
          data-testid="language-select"
          onChange={(e) => isLanguage(e.target.value) && language.choose(e.target.value)}
        >
          {LANGUAGES.map((each) => (
            <option key={each} value={each} lang={each}>
              {NAMES[each]}
            </option>
          ))}
        </Select>
      </div>
    </Section>
  );
}
