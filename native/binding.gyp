{
  'variables': {
    # node-gyp rebuild --sanitize=1: AddressSanitizer and UBSan, as .ci/run builds it; Node then runs with LD_PRELOAD
    'sanitize%': 0,
  },
  'targets': [
    {
      'target_name': 'veilgate',
      'sources': [
        'src/addon.cc',
        'src/edge.cc',
        'src/gather.cc',
        'src/head_reader.cc',
        'src/listening_socket.cc',
        'src/loopback_pace.cc',
        'src/mapped_file.cc',
        'src/pipe_pool.cc',
        'src/relay.cc',
        'src/spare_sockets.cc',
      ],
      'cflags': ['-O2', '-Wall', '-Wextra', '-fvisibility=hidden'],
      'cflags_cc': ['-std=c++17'],
      'cflags_cc!': ['-std=gnu++17', '-std=gnu++20'],
      'conditions': [
        ['sanitize==1', {
          'cflags': ['-g', '-fno-omit-frame-pointer', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'],
          'ldflags': ['-fsanitize=address,undefined'],
        }],
      ],
    },
  ],
}
