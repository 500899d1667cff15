export { fernetDecrypt, fernetEncrypt, newKeyText } from './fernet.ts'
export { keyId, readPrivateKey, readPublicKey, readSharedKey, readSymmetricKey } from './key-files.ts'
export { decryptWithPassword, encryptWithPassword } from './password-encryption.ts'
export { type Owner, openInner, openOuter, type SealedValue, saltOf, sealInner, sealOuter } from './seal.ts'
