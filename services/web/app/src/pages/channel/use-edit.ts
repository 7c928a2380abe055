/** Saving a part of one's own channel: what comes back is known everywhere at once. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ChannelEdit, editChannel } from "../../api/channels";
import type { OwnStream, Stream } from "../../api/contract";
import { keys } from "../../live/use-live";

export function useEdit() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (edit: ChannelEdit) => editChannel(edit),
    onSuccess: (saved) => {
      client.setQueryData<OwnStream>(keys.own, (own) => own && { ...own, ...saved });
      client.setQueryData<Stream>(keys.stream(saved.username), (known) => known && { ...known, ...saved });
      void client.invalidateQueries({ queryKey: ["own-stream", "about"] });
      void client.invalidateQueries({ queryKey: ["about", saved.username] });
    },
  });
}
