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
      <Heading className="line-clamp-3 max-w-full text-lg font-semibold text-balance wrap-anywhere">
        {title}
      </Heading>
      {children && <div className="max-w-full text-sm text-quiet text-pretty wrap-anywhere">{children}</div>}
      {action && <div className="pt-2">{action}</div>}
    </div>
  );
}
