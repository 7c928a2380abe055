/** Dark, light, or as the device wants it, in this browser. */
import { t } from "@lingui/core/macro";
import { themeNames } from "../../frame/theme-items";
import { THEMES, theme, themeOf, useTheme } from "../../theme/theme";
import { Select } from "../../ui/select";
import { Section } from "../moderation/section";

export function AppearanceSection() {
  const present = useTheme();
  const names = themeNames();
  return (
    <Section
      title={t`Appearance`}
      testId="account-appearance"
      about={t`Of this platform's pages in this browser.`}
    >
      <div className="max-w-60 px-4 pb-4 sm:px-5">
        <Select
          label={t`Appearance`}
          quiet
          value={present}
          data-testid="theme-select"
          onChange={(e) => theme.choose(themeOf(e.target.value))}
        >
          {THEMES.map((each) => (
            <option key={each} value={each}>
              {names[each]}
            </option>
          ))}
        </Select>
      </div>
    </Section>
  );
}
