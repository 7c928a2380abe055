/** The image of a reported message, shown when it is asked for: nobody has to see it who only reads the list. */
import { t } from "@lingui/core/macro";
import { useEffect, useState } from "react";
import { picture } from "../../api/client";
import { sentence } from "../../api/problem";
import { FormError } from "../../ui/field";

export function ReportImage({ path }: { path: string }) {
  const [wanted, setWanted] = useState(false);
  const [url, setUrl] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    if (!wanted) return;
    const stop = new AbortController();
    let made: string | null = null;
    picture(path, stop.signal).then(
      (blob) => {
        if (stop.signal.aborted) return;
        made = URL.createObjectURL(blob);
        setUrl(made);
      },
      (e: unknown) => {
        if (stop.signal.aborted) return;
        setError(e);
        setWanted(false);
      },
    );
    return () => {
      stop.abort();
      setUrl(null);
      if (made) URL.revokeObjectURL(made);
    };
  }, [path, wanted]);
  return (
    <div className="my-1.5" data-testid="report-image">
      <button
        type="button"
        aria-expanded={wanted}
        className="min-h-6 text-xs font-medium text-action hover:underline"
        onClick={() => {
          setError(null);
          setWanted(!wanted);
        }}
      >
        {wanted ? t`Hide the image` : t`Show the image`}
      </button>
      {url && (
        <img src={url} alt={t`What the reported message showed`} className="mt-1.5 max-h-80 rounded-md" />
      )}
      <FormError>{error ? sentence(error) : null}</FormError>
    </div>
  );
}
