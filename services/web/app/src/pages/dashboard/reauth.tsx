/** Asks for the password once more before a key is shown. */
import { type FormEvent, useState } from "react";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import type { Keys } from "./use-keys";

export function Reauth({ keys }: { keys: Keys }) {
  const [password, setPassword] = useState("");
  if (!keys.reauth) return null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    keys.confirm(password);
    setPassword("");
  };
  return (
    <form onSubmit={submit} data-testid="reauth" className="flex flex-col gap-3 rounded-sm border p-4">
      <Field
        label="Your password, to show the key"
        type="password"
        autoComplete="current-password"
        autoFocus
        data-testid="reauth-password"
        value={password}
        error={keys.confirmError ?? undefined}
        onChange={(e) => setPassword(e.target.value)}
      />
      <div className="flex gap-2">
        <Button type="submit" weight="primary" busy={keys.confirming}>
          Show the key
        </Button>
        <Button onClick={keys.cancelReauth}>Cancel</Button>
      </div>
    </form>
  );
}
