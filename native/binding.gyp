{
  'targets': [
    {
      'target_name': 'veilgate',
      'sources': [
        'src/addon.cc',
        'src/edge.cc',
        'src/head_reader.cc',
        'src/pipe_pool.cc',
        'src/relay.cc',
      ],
      'cflags': ['-O2', '-Wall', '-Wextra', '-Wno-cast-function-type', '-fvisibility=hidden'],
      'cflags_cc': ['-std=c++17'],
      'cflags_cc!': ['-std=gnu++17', '-std=gnu++20'],
    },
  ],
}
