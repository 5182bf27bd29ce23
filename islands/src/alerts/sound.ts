// Sound: one short, low tone for a new alert; off until somebody switches it on, and off again on the next page.
// What flows in: presses of the switch. What flows out: a tone, or none.
// What it must never see: what the alert is about.

export class Sound {
  readonly #switch: HTMLButtonElement;
  #context: AudioContext | null = null;

  constructor(place: HTMLButtonElement) {
    this.#switch = place;
    place.hidden = false;
    place.addEventListener("click", () => this.#toggle());
  }

  /** Plays the tone when sound is on. */
  play(): void {
    const context = this.#context;
    if (!context) return;
    const tone = context.createOscillator();
    const volume = context.createGain();
    tone.frequency.value = 440;
    volume.gain.setValueAtTime(0.12, context.currentTime);
    volume.gain.exponentialRampToValueAtTime(0.001, context.currentTime + 0.35);
    tone.connect(volume).connect(context.destination);
    tone.start();
    tone.stop(context.currentTime + 0.35);
  }

  #toggle(): void {
    if (this.#context) {
      void this.#context.close();
      this.#context = null;
    } else {
      this.#context = new AudioContext();
      this.play();
    }
    const isOn = this.#context !== null;
    this.#switch.setAttribute("aria-pressed", String(isOn));
    this.#switch.textContent = isOn ? "Sound is on" : "Sound is off";
  }
}
