/** The bar on top of every page: the mark, and who is here. */
import * as Menu from "@radix-ui/react-dropdown-menu";
import { Radio } from "lucide-react";
import { Link, useLocation, useNavigate } from "react-router";
import { session } from "../auth/session";
import { signInPath, useSession } from "../auth/use-session";
import { Avatar } from "../ui/avatar";
import { buttonLook } from "../ui/button";

export function TopBar() {
  const { pathname } = useLocation();
  const state = useSession();
  const here = pathname === "/login" || pathname === "/register" ? "/" : pathname;
  return (
    <header className="sticky top-0 z-40 flex h-14 items-center gap-2 border-b bg-ground px-4">
      <Link to="/" className="flex items-center gap-2 rounded-sm text-base font-semibold tracking-tight">
        <Mark />
        Streamly
      </Link>
      <span className="flex-1" />
      {state.status === "out" && (
        <>
          <Link to={signInPath(here)} data-testid="sign-in" className={buttonLook()}>
            Sign in
          </Link>
          <Link to="/register" data-testid="sign-up" className={buttonLook("primary")}>
            Register
          </Link>
        </>
      )}
      {state.status === "in" && (
        <>
          <Link to="/dashboard" data-testid="go-live" className={buttonLook()}>
            <Radio aria-hidden className="size-4" />
            Go live
          </Link>
          <UserMenu name={state.user.display_name || state.user.username} username={state.user.username} />
        </>
      )}
    </header>
  );
}

function UserMenu({ name, username }: { name: string; username: string }) {
  const navigate = useNavigate();
  const item =
    "flex h-9 items-center rounded-sm px-3 text-sm outline-none cursor-pointer data-[highlighted]:bg-hover";
  return (
    <Menu.Root modal={false}>
      <Menu.Trigger data-testid="user-menu" aria-label={`Account of ${name}`} className="ml-1 rounded-full">
        <Avatar name={name} />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Content
          align="end"
          sideOffset={8}
          collisionPadding={8}
          className="z-50 min-w-48 rounded-md border bg-raised p-1"
        >
          <Menu.Label className="px-3 py-2 text-xs text-quiet">Signed in as {name}</Menu.Label>
          <Menu.Item className={item} onSelect={() => navigate(`/${username}`)}>
            My channel
          </Menu.Item>
          <Menu.Item className={item} onSelect={() => navigate("/dashboard")}>
            Dashboard
          </Menu.Item>
          <Menu.Separator className="my-1 border-t" />
          <Menu.Item
            className={item}
            data-testid="sign-out"
            onSelect={() => void session.signOut().catch(() => {})}
          >
            Sign out
          </Menu.Item>
        </Menu.Content>
      </Menu.Portal>
    </Menu.Root>
  );
}

function Mark() {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true" className="size-7">
      <rect width="32" height="32" rx="8" fill="var(--hover)" />
      <path d="M12 9.5v13l11-6.5z" fill="var(--text)" />
      <circle cx="24.5" cy="7.5" r="3.5" fill="var(--live)" />
    </svg>
  );
}
