export { type CloudTalkEmulatorOptions, createCloudTalkEmulator } from './emulator.ts'
