/** Where this platform's encoders stream to, to be copied. An operator may not have said it to the pages; then the dashboard has it, beside the key. */
import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { servers } from "../../api/calls";
import { ValueRow } from "../dashboard/value-row";

export function Servers() {
  const { data, error } = useQuery({
    queryKey: ["servers"],
    queryFn: ({ signal }) => servers(signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (!data && !error) return <div className="h-36" />;
  const rtmps = data?.rtmps_url;
  if (!data?.rtmp_url) {
    return <p className="text-quiet">{t`Your dashboard shows the server's address, beside the key.`}</p>;
  }
  return (
    <div className="flex flex-col gap-3 rounded-md border bg-raised p-4">
      <ValueRow label={t`Server`} value={data.rtmp_url} testId="guide-rtmp" />
      {rtmps && (
        <>
          <ValueRow label={t`Server, encrypted (RTMPS)`} value={rtmps} testId="guide-rtmps" />
          <p className="text-xs text-quiet">
            {t`Take the encrypted one on a network that others share, such as a public Wi‑Fi. If OBS then says “Failed to connect”, this server has a certificate of its own, which OBS does not trust: take the first.`}
          </p>
        </>
      )}
      <p className="text-xs text-quiet">{t`The stream key goes into the field below, and never into this one.`}</p>
    </div>
  );
}
