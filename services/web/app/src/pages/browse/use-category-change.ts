/** Changing categories, for admins. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { afterwards, askAgain } from "../../api/ask-again";

/** A change of categories; the list is asked for again, whatever came of it. */
export function useCategoryChange<T>(change: (what: T) => Promise<unknown>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: afterwards(() => askAgain(client, ["categories"])),
  });
}
