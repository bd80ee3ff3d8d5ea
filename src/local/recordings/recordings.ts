/** A recording as a device would upload it: a ready-made body, and the true words in it. */
export interface Recording {
  readonly title: string
  readonly file: URL
  /** The file name's part before the start time: device, codec, rate, channels, frame size. */
  readonly namePrefix: string
  readonly seconds: number
  /** Where it lies in the demo's day: a pause of two minutes or more begins another conversation. */
  readonly offsetSeconds: number
  /** Packets that hold no audio, on purpose. */
  readonly damagedPackets: number
  readonly text: string
  readonly source: string
  readonly licence: string
}

const AUSTEN = {
  source: 'LibriVox reading of Jane Austen, Sense and Sensibility, chapter 1',
  licence: 'public domain',
} as const

/** Real speech, small, free to pass on; README.md says where each came from. */
export const RECORDINGS: readonly Recording[] = [
  {
    ...AUSTEN,
    title: 'Leisure to consider',
    file: new URL('./austen-leisure.bin', import.meta.url),
    namePrefix: 'audio_demo_opus_16000_1_fs160',
    seconds: 11.79,
    offsetSeconds: 0,
    damagedPackets: 0,
    text:
      'And Mister John Dashwood had then leisure to consider how much there might be prudently ' +
      'in his power to do for them. He was not an ill-disposed young man,',
  },
  {
    ...AUSTEN,
    title: 'Rather selfish',
    file: new URL('./austen-unless.bin', import.meta.url),
    namePrefix: 'audio_demo_opus_16000_1_fs320',
    seconds: 6.5,
    offsetSeconds: 20,
    damagedPackets: 0,
    text: 'unless to be rather cold-hearted and rather selfish is to be ill-disposed.',
  },
  {
    ...AUSTEN,
    title: 'Still more respectable, with a damaged middle and a lost end',
    file: new URL('./austen-damaged.bin', import.meta.url),
    namePrefix: 'audio_demo_opus_16000_1_fs160',
    seconds: 10.85,
    offsetSeconds: 60,
    damagedPackets: 28,
    text:
      'Had he married a more, a amiable woman, he might have been made still more respectable ' +
      'than he was. He might even have been made amiable himself.',
  },
  {
    title: 'Ask not',
    file: new URL('./kennedy-ask-not.bin', import.meta.url),
    namePrefix: 'audio_demo_pcm16_16000_1_fs320',
    seconds: 11,
    offsetSeconds: 600,
    damagedPackets: 0,
    text:
      'And so, my fellow Americans, ask not what your country can do for you, ' +
      'ask what you can do for your country.',
    source: 'Inaugural address of John F. Kennedy, 20 January 1961',
    licence: 'public domain (work of the United States government)',
  },
]
