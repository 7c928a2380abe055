/**
 * What the built page runs before anything of it is shown, as `start-plugin.ts` puts it there: the dark or light that was chosen in this browser, as
 * `src/theme/theme.ts` keeps it. A plain script, for which the page waits. Over somebody's stream and in other people's pages nothing was chosen.
 */
try {
  const theme = localStorage.getItem("theme");
  const isChosen = theme === "dark" || theme === "light";
  if (isChosen && !/^\/(?:embed|overlay)\//i.test(location.pathname)) {
    document.documentElement.dataset.theme = theme;
    const bar = document.createElement("meta");
    bar.name = "theme-color";
    bar.content = theme === "dark" ? "#0d0f14" : "#f9fafc";
    // The first that suits counts.
    document.head.prepend(bar);
  }
} catch {
  // A browser that keeps nothing has no choice kept.
}
