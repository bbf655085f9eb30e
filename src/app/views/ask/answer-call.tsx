/** A call waits for its result: the simulated service has one ready, and anyone may write another. */
import { Button, Textarea } from "@mantine/core";
import { useState } from "react";
import { told } from "../../derive/words/told.ts";
import { useFacts, useLab } from "../../lab.ts";
import { useExpert } from "../level.ts";
import { NewConversation } from "./composer.tsx";
import { InWords } from "./in-words.tsx";
import css from "./ask.module.css";

export function AnswerCall({ busy }: { readonly busy: boolean }) {
  const { actions } = useLab();
  const canned = useFacts("conversation", (facts) => facts.answer ?? "");
  const [text, setText] = useState(canned);
  const expert = useExpert();
  const own = text !== canned;
  return (
    <>
      {expert ? (
        <Textarea
          label="Result of the call"
          description={own ? "Your own result" : "Made up by a simulated service; change it as you like"}
          value={text}
          classNames={{ input: css["rawResult"] ?? "" }}
          data-testid="result"
          onChange={(event) => setText(event.currentTarget.value)}
        />
      ) : (
        <Ready result={text} />
      )}
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

/** What the service has ready, in words. */
function Ready({ result }: { readonly result: string }) {
  const call = useFacts("conversation", ({ turns }) => turns.at(-1)?.content ?? "");
  return (
    <div className={css["ready"]}>
      <span className={css["who"]}>A simulated service answers</span>
      <InWords told={told({ role: "result", content: result }, call)} />
    </div>
  );
}
