/** A page's own words: what is going on, and one thing to do about it. */
import type { ReactNode } from "react";

export function Message({
  title,
  children,
  action,
  testId,
  level = "h1",
}: {
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  testId?: string;
  level?: "h1" | "h2";
}) {
  const Heading = level;
  return (
    <div
      data-testid={testId}
      className="mx-auto flex max-w-md flex-col items-center gap-3 px-4 py-20 text-center"
    >
      <Heading className="text-lg font-semibold text-balance">{title}</Heading>
      {children && <div className="text-sm text-quiet text-pretty">{children}</div>}
      {action && <div className="pt-2">{action}</div>}
    </div>
  );
}
