/** Whether the tab was hidden at some point of a run: browsers throttle such tabs, so its speeds do not count. */
export class Visibility {
  #hidden = false;
  #wasHidden = false;

  /** A run begins: what was before does not count against it. */
  begin(): void {
    this.#wasHidden = this.#hidden;
  }

  note(hidden: boolean): void {
    this.#hidden = hidden;
    this.#wasHidden ||= hidden;
  }

  get wasHidden(): boolean {
    return this.#wasHidden;
  }
}
