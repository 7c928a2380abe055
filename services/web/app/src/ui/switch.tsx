/** Something that is on or off and changes at once. Its name is elsewhere on the page. */
export function Switch({
  labelledBy,
  checked,
  testId,
  onChange,
}: {
  labelledBy: string;
  checked: boolean;
  testId?: string;
  onChange: (on: boolean) => void;
}) {
  return (
    <button
      type="button"
      role="switch"
      aria-checked={checked}
      aria-labelledby={labelledBy}
      data-testid={testId}
      onClick={() => onChange(!checked)}
      className={`relative h-6 w-11 shrink-0 rounded-full border transition-colors ${checked ? "border-transparent bg-action-strong" : "border-quiet bg-transparent"}`}
    >
      <span
        aria-hidden
        className={`absolute top-1/2 size-4 -translate-y-1/2 rounded-full transition-[left] ${checked ? "left-[1.375rem] bg-on-action" : "left-[3px] bg-quiet"}`}
      />
    </button>
  );
}
