/**
 * Where chat's socket is: where web says in the page's head (`chat_public_url`), which its policy then lets pages open; as a rule at the
 * origin of the page itself.
 */

export function socketUrl(
  said: string | undefined = document.querySelector<HTMLMetaElement>('meta[name="chat"]')?.content,
  page: Pick<Location, "protocol" | "host"> = location,
): string {
  return said || `${page.protocol === "https:" ? "wss" : "ws"}://${page.host}/ws`;
}
