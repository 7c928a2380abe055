/** Signing in and registering. What was typed stays; what is wrong is said beside the field. */
import { type FormEvent, type ReactNode, useState } from "react";
import { Link, Navigate, useNavigate, useSearchParams } from "react-router";
import { Problem, sentence } from "../api/problem";
import { session } from "../auth/session";
import { safeNext, useSession } from "../auth/use-session";
import { Button } from "../ui/button";
import { Field, FormError } from "../ui/field";
import { useTitle } from "../ui/use-title";

export function SignIn() {
  useTitle("Sign in");
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const form = useForm(() => session.signIn(login.trim(), password));
  if (form.done) return <Navigate to={form.next} replace />;
  return (
    <Sheet
      title="Sign in"
      foot={
        <>
          New here?{" "}
          <Link className="font-medium text-action hover:underline" to={`/register${form.query}`}>
            Register
          </Link>
        </>
      }
    >
      <form onSubmit={form.submit} className="flex flex-col gap-4" noValidate>
        <Field
          label="User name or e-mail"
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          data-testid="login-name"
          value={login}
          error={form.field("login")}
          onChange={(e) => setLogin(e.target.value)}
        />
        <Field
          label="Password"
          name="password"
          type="password"
          autoComplete="current-password"
          required
          data-testid="login-password"
          value={password}
          error={form.field("password")}
          onChange={(e) => setPassword(e.target.value)}
        />
        <FormError>{form.error}</FormError>
        <Button type="submit" weight="primary" busy={form.busy} data-testid="login-submit">
          {form.busy ? "Signing in…" : "Sign in"}
        </Button>
      </form>
    </Sheet>
  );
}

export function Register() {
  useTitle("Register");
  const [username, setUsername] = useState("");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const form = useForm(() => session.signUp(username.trim(), email.trim(), password), "/dashboard");
  const badName = username !== "" && !/^[a-z0-9_]*$/i.test(username);
  if (form.done) return <Navigate to={form.next} replace />;
  return (
    <Sheet
      title="Register"
      foot={
        <>
          Already here?{" "}
          <Link className="font-medium text-action hover:underline" to={`/login${form.query}`}>
            Sign in
          </Link>
        </>
      }
    >
      <form onSubmit={form.submit} className="flex flex-col gap-4" noValidate>
        <Field
          label="User name"
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          maxLength={25}
          hint={`3 to 25 letters, digits or _. Your page: ${location.host}/${username.toLowerCase() || "name"}`}
          data-testid="register-username"
          value={username}
          error={badName ? "Only letters, digits and _." : form.field("username")}
          onChange={(e) => setUsername(e.target.value)}
        />
        <Field
          label="E-mail"
          name="email"
          type="email"
          autoComplete="email"
          required
          hint="Only for you; nobody else sees it."
          data-testid="register-email"
          value={email}
          error={form.field("email")}
          onChange={(e) => setEmail(e.target.value)}
        />
        <Field
          label="Password"
          name="password"
          type="password"
          autoComplete="new-password"
          required
          minLength={8}
          maxLength={128}
          hint="At least 8 characters."
          data-testid="register-password"
          value={password}
          error={form.field("password")}
          onChange={(e) => setPassword(e.target.value)}
        />
        <FormError>{form.error}</FormError>
        <Button type="submit" weight="primary" busy={form.busy} data-testid="register-submit">
          {form.busy ? "Registering…" : "Register"}
        </Button>
      </form>
    </Sheet>
  );
}

const FIELDS = ["login", "username", "email", "password"];
/** Codes that speak about one field even when the server lists none. */
const FIELD_OF: Record<string, string> = { username_taken: "username", email_taken: "email" };

function useForm(send: () => Promise<void>, fallback = "/") {
  const state = useSession();
  const navigate = useNavigate();
  const [params] = useSearchParams();
  const wish = params.get("next");
  const next = wish ? safeNext(wish) : fallback;
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await send();
      navigate(next, { replace: true });
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  };
  const field = (name: string): string | undefined => {
    if (!(problem instanceof Problem)) return undefined;
    return problem.field(name) ?? (FIELD_OF[problem.code] === name ? sentence(problem) : undefined);
  };
  const placed = FIELDS.some((name) => field(name) !== undefined);
  return {
    busy,
    submit,
    field,
    error: problem && !placed ? sentence(problem) : null,
    next,
    query: wish ? `?next=${encodeURIComponent(wish)}` : "",
    done: state.status === "in" && !busy,
  };
}

function Sheet({ title, foot, children }: { title: string; foot: ReactNode; children: ReactNode }) {
  return (
    <div className="mx-auto w-full max-w-sm px-4 py-10 sm:py-20">
      <h1 className="pb-6 text-xl font-semibold tracking-tight">{title}</h1>
      {children}
      <p className="pt-6 text-sm text-quiet">{foot}</p>
    </div>
  );
}
