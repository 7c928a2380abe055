/** Who stands above whom on the platform: for what is offered. What is allowed the server decides. */
export function rank(role: string | undefined): number {
  return ["user", "moderator", "admin"].indexOf(role ?? "user");
}
