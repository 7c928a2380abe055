/** Asks for the password once more before something of weight is done. */
import { type FormEvent, useState } from "react";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import type { Proof } from "./use-proof";

export function ProofForm({ proof, done }: { proof: Proof; done: () => void }) {
  const [password, setPassword] = useState("");
  if (!proof.waiting) return null;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const typed = password;
    setPassword("");
    try {
      await proof.confirm(typed);
      done();
    } catch {
      // Said beside the field.
    }
  };
  return (
    <form
      onSubmit={(event) => void submit(event)}
      data-testid="proof"
      className="flex flex-col gap-3 rounded-sm border p-4"
    >
      <Field
        label="Your present password, to be sure that it is you"
        type="password"
        autoComplete="current-password"
        autoFocus
        data-testid="proof-password"
        value={password}
        error={proof.error}
        onChange={(e) => setPassword(e.target.value)}
      />
      <div className="flex gap-2">
        <Button type="submit" weight="primary" busy={proof.busy} data-testid="proof-submit">
          Go on
        </Button>
        <Button onClick={proof.cancel}>Cancel</Button>
      </div>
    </form>
  );
}
