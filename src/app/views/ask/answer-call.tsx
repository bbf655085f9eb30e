/** A call waits for its result: the simulated service has one ready, and anyone may write another. */
import { Button, Textarea } from "@mantine/core";
import { useState } from "react";
import { useFacts, useLab } from "../../lab.ts";
import { NewConversation } from "./composer.tsx";
import css from "./ask.module.css";

export function AnswerCall({ busy }: { readonly busy: boolean }) {
  const { actions } = useLab();
  const canned = useFacts("conversation", (facts) => facts.answer ?? "");
  const [text, setText] = useState(canned);
  const own = text !== canned;
  return (
    <>
      <Textarea
        label="Result of the call"
        description={own ? "Your own result" : "Made up by a simulated service; change it as you like"}
        value={text}
        classNames={{ input: css["rawResult"] ?? "" }}
        data-testid="result"
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <div className={css["actions"]}>
        {!busy && (
          <>
            <Button
              onClick={() => void actions.answer(text, own ? "you" : "simulated service")}
              data-testid="send-result"
            >
              Send the result
            </Button>
            <NewConversation />
          </>
        )}
      </div>
    </>
  );
}
