/** Dark, light, or as the device wants it, as items of a menu. */
import { t } from "@lingui/core/macro";
import { THEMES, type Theme, theme } from "../theme/theme";
import { type MenuItem, Tick } from "../ui/menu";

export const themeNames = (): Record<Theme, string> => ({
  system: t`As on this device`,
  dark: t`Dark`,
  light: t`Light`,
});

export function themeItems(): MenuItem[] {
  const present = theme.get();
  const names = themeNames();
  return THEMES.map((each, n) => ({
    key: `theme-${each}`,
    label: names[each],
    icon: <Tick shown={each === present} />,
    checked: each === present,
    testId: `theme-${each}`,
    onSelect: () => theme.choose(each),
    ...(n === 0 ? { heading: t`Appearance`, divided: true } : {}),
  }));
}
