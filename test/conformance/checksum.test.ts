import { createCrc32c } from '../../src/adapters/native-crc/index.ts'
import { checksumContract } from './checksum.contract.ts'

checksumContract('native', createCrc32c)
