/** The languages as items of a menu, each by the name that its speakers have for it; and a menu of nothing else, for who is not signed in. */
import { t } from "@lingui/core/macro";
import { Check, Languages } from "lucide-react";
import { LANGUAGES, NAMES } from "../language/choice";
import { language } from "../language/language";
import { MenuButton, type MenuItem } from "../ui/menu";

export function languageItems(choose = language.choose): MenuItem[] {
  const present = language.get();
  return LANGUAGES.map((each) => ({
    key: each,
    text: NAMES[each],
    label: <span lang={each}>{NAMES[each]}</span>,
    icon: (
      <span className="inline-flex size-4">
        {each === present && <Check aria-hidden className="size-4" />}
      </span>
    ),
    checked: each === present,
    testId: `language-${each}`,
    onSelect: () => choose(each),
  }));
}

export function LanguageMenu() {
  return (
    <MenuButton
      label={t`Language`}
      title={t`Language`}
      data-testid="language-menu"
      className="inline-flex size-9 shrink-0 items-center justify-center rounded-sm hover:bg-hover"
      items={languageItems()}
    >
      <Languages aria-hidden className="size-5" />
    </MenuButton>
  );
}
