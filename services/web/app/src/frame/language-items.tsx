/** The languages as items of a menu, each by the name that its speakers have for it; and a menu of them and of dark and light, for who is not signed in. */
import { t } from "@lingui/core/macro";
import { Languages } from "lucide-react";
import { LANGUAGES, NAMES } from "../language/choice";
import { language } from "../language/language";
import { useTheme } from "../theme/theme";
import { MenuButton, type MenuItem, Tick } from "../ui/menu";
import { themeItems } from "./theme-items";

export function languageItems(choose = language.choose): MenuItem[] {
  const present = language.get();
  return LANGUAGES.map((each, n) => ({
    key: each,
    text: NAMES[each],
    label: <span lang={each}>{NAMES[each]}</span>,
    icon: <Tick shown={each === present} />,
    checked: each === present,
    testId: `language-${each}`,
    onSelect: () => choose(each),
    ...(n === 0 ? { heading: t`Language` } : {}),
  }));
}

export function LanguageMenu() {
  useTheme();
  return (
    <MenuButton
      label={t`Language and appearance`}
      title={t`Language and appearance`}
      data-testid="language-menu"
      className="inline-flex size-9 shrink-0 items-center justify-center rounded-sm hover:bg-hover"
      items={[...languageItems(), ...themeItems()]}
    >
      <Languages aria-hidden className="size-5" />
    </MenuButton>
  );
}
