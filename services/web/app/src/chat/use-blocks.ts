/** Whom this reader does not want to read. The server tells everybody the same; each page leaves out what its reader blocked. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { type Blocked, block, blocks, type Person, unblock } from "../api/chat";
import type { Page } from "../api/contract";

const KEY = ["blocks"];
const NOBODY: ReadonlySet<string> = new Set();

export function useBlocks(signedIn: boolean) {
  const client = useQueryClient();
  const { data } = useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) => blocks(signal),
    enabled: signedIn,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const people = signedIn ? data?.items : undefined;
  const hidden = useMemo(() => (people?.length ? new Set(people.map((p) => p.user.id)) : NOBODY), [people]);
  const change = async (person: Person, blocked: boolean) => {
    await (blocked ? block(person.id) : unblock(person.id));
    client.setQueryData<Page<Blocked>>(KEY, (page) => {
      const others = (page?.items ?? []).filter((p) => p.user.id !== person.id);
      return { items: blocked ? [{ user: person }, ...others] : others };
    });
  };
  return { hidden, change, ask: () => void client.invalidateQueries({ queryKey: KEY }) };
}
